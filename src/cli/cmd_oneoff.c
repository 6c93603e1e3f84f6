/* `inrush URL`: the same request over and over. */
#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/url.h"
#include "cli/commands.h"
#include "cli/launch.h"
#include "cli/network.h"
#include "proto/http1_request.h"
#include "run/oneoff.h"
#include "run/source_static.h"
#include "script/http_hosts.h"

#include <stdlib.h>
#include <string.h>

/* At the end, answers on their way may still arrive for this long. */
#define GRACE_S 0.03

static int build_request(struct buf *out, const struct cli_args *args,
                         const struct url *url, const char *method,
                         struct err *err) {
  size_t len = args->headers.len;
  struct http1_header *headers = xcalloc(len + 2, sizeof(*headers));
  bool has_type = false;
  for (size_t i = 0; i < len; i++) {
    headers[i].name = http1_span(args->headers.items[i].name);
    headers[i].value = http1_span(args->headers.items[i].value);
    has_type |=
        http1_span_equal_nocase(headers[i].name, http1_span("content-type"));
  }
  const char *body = args->body ? args->body : args->json_body;
  if (args->json_body && !has_type)
    headers[len++] = (struct http1_header){http1_span("Content-Type"),
                                           http1_span("application/json")};
  char *credentials = http_hosts_credentials(url, headers, len);
  if (credentials)
    headers[len++] = (struct http1_header){http1_span("Authorization"),
                                           http1_span(credentials)};
  struct http1_request request = {
      .method = http1_span(method),
      .target = http1_span(url->target),
      .has_body = body != NULL,
  };
  if (body)
    request.body = http1_span(body);
  char *authority = url_authority(url);
  struct http1_defaults defaults;
  int rc = http1_defaults_init(&defaults, authority, headers, len, err);
  if (rc == 0) {
    rc = http1_request_add(out, &defaults, &request, err);
    http1_defaults_release(&defaults);
  }
  free(authority);
  free(credentials);
  free(headers);
  return rc;
}

static int run(const struct cli_args *args, const struct net_options *net,
               const struct url *url) {
  const char *method = args->method                    ? args->method
                       : args->body || args->json_body ? "POST"
                                                       : "GET";
  uint64_t connections = args->connections;
  if (args->requests > 0 && args->requests < connections)
    connections = args->requests; /* the others would have nothing to do */

  struct buf request = BUF_INIT;
  struct catalog *catalog = catalog_new();
  struct err err;
  int status = EXIT_USAGE;
  if (build_request(&request, args, url, method, &err) < 0) {
    log_error("%s", err.message);
    goto out;
  }
  const char *path_end = strchr(url->target, '?');
  struct static_request first = {
      .bytes = request.data,
      .len = request.len,
      .head_request = strcmp(method, "HEAD") == 0,
      .series = catalog_intern(catalog, method, strlen(method), url->target,
                               path_end ? (size_t)(path_end - url->target)
                                        : strlen(url->target)),
  };
  struct source_static source = {
      .origins = url, .origins_len = 1, .requests = &first, .requests_len = 1};
  struct oneoff oneoff = {
      .source = &source_static,
      .about = &source,
      .timeout_s = args->timeout,
      .requests = args->requests,
  };
  struct plan plan = {
      .users = (uint32_t)connections,
      .duration_s = args->requests > 0 && !cli_given(args, OPT_DURATION)
                        ? 0
                        : args->duration,
      .stop_timeout_s = GRACE_S,
      .keep_requests = args->log_requests != NULL,
      .workers = launch_workers(args, (uint32_t)connections),
      .seed = cli_given(args, OPT_SEED) ? args->seed : rng_system_seed(),
      .net = net,
      .oneoff = &oneoff,
  };
  char *shown = url_redacted(url);
  struct report_run about = {.title = shown,
                             .url = shown,
                             .requests = args->requests,
                             .catalog = catalog};
  status = launch(args, &plan, &about, NULL, NULL, 0);
  free(shown);
out:
  buf_release(&request);
  catalog_free(catalog);
  return status;
}

int cmd_oneoff(const struct cli_args *args) {
  struct url url;
  struct err err;
  if (url_parse(&url, args->argument, &err) < 0) {
    log_error("%s", err.message);
    return EXIT_USAGE;
  }
  int status = EXIT_USAGE;
  struct net_options net = {0};
  if (http_hosts_check(&url, args->argument, &err) < 0 ||
      network_open(&net, args, &err) < 0)
    log_error("%s", err.message);
  else
    status = run(args, &net, &url);
  net_options_release(&net);
  url_release(&url);
  return status;
}
