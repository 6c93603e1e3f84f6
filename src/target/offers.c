#include "target/offers.h"

const struct offer_tool offer_tools[OFFER_TOOLS] = {
    [TOOL_GET_SYSTEM_TIME] = {"get_system_time",
                              "fast-time-get-system-time",
                              "Get system time",
                              "Get the current time in a time zone",
                              {{"timezone", "IANA time zone; default: UTC", false}}},
    [TOOL_CONVERT_TIME] = {"convert_time",
                           "fast-time-convert-time",
                           "Convert time",
                           "Convert a time from one time zone to another",
                           {{"time", "The time: RFC 3339, or YYYY-MM-DD HH:MM:SS, which is UTC",
                             true},
                            {"source_timezone", "IANA time zone to convert from", true},
                            {"target_timezone", "IANA time zone to convert to", true}}},
};

const struct offer_resource offer_resources[OFFER_RESOURCES] = {
    [RESOURCE_INFO] = {"timezone://info", "Timezone information",
                       "Offsets, daylight saving and abbreviations of the world's time zones",
                       "application/json"},
    [RESOURCE_WORLD] = {"time://current/world", "Current world times",
                        "The time now in the world's major cities", "application/json"},
    [RESOURCE_FORMATS] = {"time://formats", "Time formats",
                          "The ways in which a time can be written here", "application/json"},
    [RESOURCE_BUSINESS_HOURS] = {"time://business-hours", "Business hours",
                                 "Usual working hours in different regions", "application/json"},
};

const struct offer_prompt offer_prompts[OFFER_PROMPTS] = {
    {"compare_timezones",
     "Compare the current time in several time zones",
     {{"timezones", "Comma-separated IANA time zones", true},
      {"reference_time", "The time to compare at; default: now", false}}},
    {"schedule_meeting",
     "Find a meeting time that suits participants in several time zones",
     {{"participants", "Comma-separated places or time zones of the participants", true},
      {"duration", "Length of the meeting in minutes", true},
      {"preferred_hours", "Hours to prefer, such as 9-17", false},
      {"date_range", "Days to look at, such as \"next 7 days\"", false}}},
    {"convert_time_detailed",
     "Convert a time to several time zones, with context",
     {{"time", "The time to convert", true},
      {"from_timezone", "Its IANA time zone", true},
      {"to_timezones", "Comma-separated IANA time zones", true},
      {"include_context", "Whether to tell about working hours and daylight saving", false}}},
};

size_t offer_arguments_len(const struct offer_argument arguments[OFFER_ARGUMENTS])
{
    size_t n = 0;
    while (n < OFFER_ARGUMENTS && arguments[n].name)
        n++;
    return n;
}
