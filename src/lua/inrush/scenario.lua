--- What the scenario file has declared so far: plain tables, filled by inrush and
-- its parts, read by script/scenario.c and script/bind.c when the file has run.
-- @module inrush.scenario
-- @field classes in order of declaration; also by name
-- @field defaults users, spawn_rate, ...
-- @field profiles name -> the same fields
-- @field handlers event -> list of functions
-- @field thresholds expressions
return { classes = {}, defaults = {}, profiles = {}, handlers = {}, thresholds = {} }
