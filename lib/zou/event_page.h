/* event_page.h - one page of Kitsu's log of events, `/data/events/last`. */
#ifndef OPKITSU_ZOU_EVENT_PAGE_H
#define OPKITSU_ZOU_EVENT_PAGE_H

#include "zou/event_position.h"
#include "zou/zou.h"

#define EVENT_PAGE_LARGEST 1000 /* events; Zou's most */
/* seconds; an event may be dated that much after the answer's Date */
#define EVENT_PAGE_MAX_AHEAD 1

/* GET a page: a list of rows in `a`, newest first. Each has an `id` that can be part of
 * an address, and a time as `created_at`. `query`: "limit=25&after=…". ZOU_FAILED also
 * for an answer that is not such a list. */
zou_result event_page_get(zou *z, arena *a, const char *query, json *page, error *e);

/* The same, but its rows are not looked at: for a caller that needs the first few only,
 * and asks event_page_is_event of each before any of the functions below. */
zou_result event_page_read(zou *z, arena *a, const char *query, json *page, error *e);
bool event_page_is_event(const json *page, uint32_t i);
/* The error of a page that is no list of events: ZOU_FAILED. */
zou_result event_page_unexpected(arena *a, const char *query, error *e);

const char *event_page_id(const json *page, uint32_t i);
time_t event_page_time(const json *page, uint32_t i);
bool event_page_has(const json *page, const char *id);

#endif
