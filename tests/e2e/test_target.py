"""inrush serve: what its routes answer."""

import datetime
import json
import time
import unittest
import urllib.parse
import zoneinfo

from harness.target_case import PATHS, TargetCase, conversion, error


class Routes(TargetCase):
    def now_is(self, seconds):
        self.assertLessEqual(abs(seconds - time.time()), 60)

    def test_time(self):
        for path, zone in [("/api/v1/time", "UTC"),
                           ("/api/v1/time?timezone=", "UTC"),
                           ("/api/v1/time/", "UTC"),
                           ("/api/v1/time/UTC", "UTC"),
                           ("/api/v1/time?timezone=Asia/Tokyo", "Asia/Tokyo"),
                           ("/api/v1/time?timezone=Asia%2FTokyo&x=1", "Asia/Tokyo"),
                           ("/api/v1/time/Asia/Tokyo", "Asia/Tokyo"),
                           ("/api/v1/time/Asia%2FTokyo", "Asia/Tokyo"),
                           ("/api/v1/time?timezone=America/Argentina/Buenos_Aires",
                            "America/Argentina/Buenos_Aires")]:
            with self.subTest(path):
                answer = self.assertJson(self.get(path))
                self.assertEqual(list(answer), ["time", "timezone", "unix", "utc"])
                self.assertEqual(answer["timezone"], zone)
                self.now_is(answer["unix"])
                there = datetime.datetime.fromtimestamp(answer["unix"], zoneinfo.ZoneInfo(zone))
                self.assertEqual(answer["time"], there.isoformat().replace("+00:00", "Z"))
                utc = datetime.datetime.fromtimestamp(answer["unix"], datetime.timezone.utc)
                self.assertEqual(answer["utc"], utc.isoformat().replace("+00:00", "Z"))

    def test_bad_zones(self):
        for zone in ["Mars/Olympus", "utc", "../../etc/passwd", "+05:00", "America", "zone.tab",
                     "a b", "caf\u00e9", "x" * 3000]:
            with self.subTest(zone[:20]):
                quoted = urllib.parse.quote(zone)
                for path in [f"/api/v1/time?timezone={quoted}", f"/api/v1/time/{quoted}",
                             f"/api/v1/timezones/{quoted}/info"]:
                    answer = self.get(path)
                    self.assertEqual(self.assertJson(answer, 400),
                                     json.loads(error(400, f"Invalid timezone: {zone}")))
        self.assertError(self.get("/api/v1/timezones//info"), 400, "Timezone not specified")

    def test_bytes_that_are_no_utf8(self):
        answer = self.assertJson(self.get("/api/v1/time?timezone=%ff%fe"), 400)
        self.assertEqual(answer["message"], "Invalid timezone: \ufffd\ufffd")

    def test_check_value(self):
        answer = self.ask("POST", "/api/v1/convert",
                          conversion("2025-01-15T10:30:00Z", "America/New_York", "Asia/Tokyo"))
        self.assertJson(answer)
        self.assertEqual(answer.body, '{"original_time":"2025-01-15T05:30:00-05:00",'
                                      '"from_timezone":"America/New_York",'
                                      '"converted_time":"2025-01-15T19:30:00+09:00",'
                                      '"to_timezone":"Asia/Tokyo","unix":1736937000}')

    def test_bad_conversions(self):
        when = "2025-01-15T10:30:00Z"
        for body, message in [(b"", "Invalid request body"),
                              (b"no json", "Invalid request body"),
                              (b'{"time":"2025', "Invalid request body"),
                              (b"[1]", "Invalid request body"),
                              (b'{"time":5}', "Invalid request body"),
                              (b"\x00\xff\xfe", "Invalid request body"),
                              (b"[" * 100000, "Invalid request body"),
                              (b"{}", "Invalid time format: "),
                              (conversion("soon", "UTC", "UTC"), "Invalid time format: soon"),
                              (conversion("2025-02-29 00:00:00", "UTC", "UTC"),
                               "Invalid time format: 2025-02-29 00:00:00"),
                              (conversion(when, "Mars", "UTC"), "Invalid source timezone: Mars"),
                              (conversion(when, "UTC", "Mars"), "Invalid target timezone: Mars")]:
            with self.subTest(body[:40]):
                self.assertError(self.ask("POST", "/api/v1/convert", body), 400, message)

    def test_every_zone_agrees_with_zoneinfo(self):
        """Winter, summer, a change, the 19th century, and beyond tzdata's tables."""
        utc = datetime.timezone.utc
        instants = [datetime.datetime(*at, tzinfo=utc) for at in [
            (1850, 1, 1), (1943, 7, 1), (1971, 12, 31, 23, 59, 59), (2025, 1, 15, 10, 30),
            (2025, 3, 9, 7), (2025, 7, 15), (2025, 10, 26, 0, 59, 59), (2037, 12, 1),
            (2038, 7, 1), (2064, 10, 26, 1), (2500, 4, 1), (3456, 7, 1), (9998, 2, 1)]]
        zones = sorted(zoneinfo.available_timezones())
        self.assertGreater(len(zones), 400)
        for name in zones:
            zone = zoneinfo.ZoneInfo(name)
            for at in instants:
                there = at.astimezone(zone)
                offset = int(there.utcoffset().total_seconds())
                minutes = abs(offset) // 60  # RFC 3339 has no seconds of an offset
                shown = "Z" if not minutes else \
                    f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
                answer = self.ask("POST", "/api/v1/convert", conversion(
                    at.strftime("%Y-%m-%dT%H:%M:%SZ"), "UTC", name))
                self.assertEqual(json.loads(answer.body)["converted_time"],
                                 there.strftime("%Y-%m-%dT%H:%M:%S") + shown, name)

    def test_timezones(self):
        answer = self.assertJson(self.get("/api/v1/timezones"))
        self.assertEqual(list(answer), ["count", "timezones"])
        self.assertEqual(answer["count"], 48)
        self.assertEqual(len(set(answer["timezones"])), 48)
        self.assertLessEqual(set(answer["timezones"]), zoneinfo.available_timezones())
        asia = self.assertJson(self.get("/api/v1/timezones?filter=ASIA/T"))
        self.assertEqual(asia, {"count": 2, "timezones": ["Asia/Tehran", "Asia/Tokyo"]})
        self.assertEqual(self.assertJson(self.get("/api/v1/timezones?filter="))["count"], 48)
        self.assertEqual(self.get("/api/v1/timezones?filter=nowhere").body,
                         '{"count":0,"timezones":[]}')

    def test_info(self):
        for name in ["UTC", "America/New_York", "Australia/Sydney", "Asia/Kathmandu"]:
            answer = self.assertJson(self.get(f"/api/v1/timezones/{name}/info"))
            self.assertEqual(list(answer),
                             ["name", "offset", "current_time", "is_dst", "abbreviation"])
            there = datetime.datetime.fromisoformat(answer["current_time"].replace("Z", "+00:00"))
            self.now_is(there.timestamp())
            there = there.astimezone(zoneinfo.ZoneInfo(name))
            minutes = int(there.utcoffset().total_seconds()) // 60
            sign = "-" if minutes < 0 else "+"
            self.assertEqual(answer["offset"], f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02}")
            self.assertEqual(answer["is_dst"], bool(there.dst()))
            self.assertEqual((answer["name"], answer["abbreviation"]), (name, there.tzname()))

    def test_resources_and_prompts(self):
        answer = self.assertJson(self.get("/api/v1/resources"))
        self.assertEqual(list(answer), ["count", "resources"])
        self.assertEqual((answer["count"], len(answer["resources"])), (4, 4))
        for resource_ in answer["resources"]:
            self.assertEqual(list(resource_), ["uri", "name", "description", "mime_type"])
        self.assertEqual([r["uri"] for r in answer["resources"]],
                         ["timezone://info", "time://current/world", "time://formats",
                          "time://business-hours"])
        answer = self.assertJson(self.get("/api/v1/prompts"))
        self.assertEqual(list(answer), ["count", "prompts"])
        self.assertEqual([p["name"] for p in answer["prompts"]],
                         ["compare_timezones", "schedule_meeting", "convert_time_detailed"])
        for prompt in answer["prompts"]:
            self.assertEqual(list(prompt), ["name", "description", "arguments"])
            for argument in prompt["arguments"]:
                self.assertEqual(list(argument), ["name", "description", "required"])
                self.assertIsInstance(argument["required"], bool)

    def test_health_and_version(self):
        answer = self.assertJson(self.get("/health"))
        self.assertEqual(list(answer), ["status", "uptime_seconds"])
        self.assertEqual(answer["status"], "healthy")
        self.assertIsInstance(answer["uptime_seconds"], int)
        self.assertEqual(list(self.assertJson(self.get("/version"))),
                         ["name", "version", "mcp_version"])

    def test_unknown_paths(self):
        for path in ["/", "/nope", "/api/v1", "/api/v1/timezones/UTC", "/health/", "//health",
                     "/api/v1/convert/x"]:
            for method in ["GET", "POST", "DELETE"]:
                answer = self.ask(method, path)
                self.assertEqual((answer.status, answer.body), (404, "404 page not found\n"), path)
                self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))

    def test_wrong_methods(self):
        for path in PATHS:
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]:
                answer = self.ask(method, path, "{}")
                self.assertError(answer, 405, "Method not allowed")
                self.assertEqual(answer.headers["Allow"], "GET, HEAD")
        for method in ["GET", "PUT", "DELETE"]:
            answer = self.ask(method, "/api/v1/convert")
            self.assertError(answer, 405, "Method not allowed")
            self.assertEqual(answer.headers["Allow"], "POST")

    def test_head(self):
        for path in PATHS:
            expected = self.get(path)
            answer = self.ask("HEAD", path)
            self.assertEqual((answer.status, answer.body), (200, ""))
            self.assertEqual(answer.headers["Content-Length"], expected.headers["Content-Length"])
        self.assertEqual(self.ask("HEAD", "/nope").status, 404)
        self.assertEqual(self.ask("HEAD", "/api/v1/convert").status, 405)


class Token(TargetCase):
    options = ("--token", "s3cret")

    def test_bearer(self):
        self.assertEqual(self.get("/api/v1/time", Authorization="Bearer s3cret").status, 200)
        for headers, text in [({}, "Authorization required\n"),
                              ({"Authorization": "Basic s3cret"}, "Invalid authorization format\n"),
                              ({"Authorization": "Bearer wrong"}, "Invalid token\n"),
                              ({"Authorization": "Bearer "}, "Invalid token\n")]:
            for path in ["/api/v1/time", "/nope"]:
                answer = self.get(path, **headers)
                self.assertEqual((answer.status, answer.body), (401, text))
                self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
                self.assertTrue(answer.headers["WWW-Authenticate"].startswith("Bearer"))
        for path in ["/health", "/version", "/stats"]:
            self.assertEqual(self.get(path).status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
