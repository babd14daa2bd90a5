/* client.h - a handle of libcurl's, with the state of a request that it carries out.
 * For net/ only. */
#ifndef OPKITSU_NET_CLIENT_H
#define OPKITSU_NET_CLIENT_H

#include "base/buf.h"
#include "base/confine.h"
#include "net/upload.h"

/* seconds without a byte, or with hardly any, after which an attempt has failed: 60, or
 * OPKITSU_STALL_SECONDS, for tests. */
long client_stall_seconds(void);

typedef struct http {
    CURL *curl;                 /* owned */
    struct curl_slist *headers; /* owned: of the attempt under way */
    buf body;                   /* owned: what no sink took */
    bool worked;                /* a server has answered, ever */
    bool redirected;            /* the user has been warned of it */
    bool impatient;             /* see http_impatient */
    int output;                 /* of the impatient */
    char error[CURL_ERROR_SIZE];

    /* Of the last attempt: */
    const http_request *request; /* borrowed */
    bool stopped;                /* the sink wanted no more */
    bool too_long;               /* the body is over MAX_ANSWER */
    bool too_much;               /* the body is over MAX_BODY */
    size_t headers_len;          /* bytes */
    bool headers_too_long;       /* there were too many of them */
    bool no_descriptor;          /* this process has none left for a connection */
    int sendings;                /* curl itself sends again on a connection that broke: 2, then */
    size_t fed;                  /* bytes that went into the sink */
    time_t date;                 /* the server's, or -1 */
    upload upload;
} http;

http *client_new(void);    /* the caller owns it */
void client_free(http *h); /* takes NULL */
/* As http_needs. */
void client_needs(program_needs *n);
/* Those of the last attempt, which are wiped. */
void client_free_headers(http *h);
/* HTTP's status of the last attempt; 0: no answer. */
int client_status(const http *h);
/* How long the next attempt may take as a whole, in seconds; 0: as long as any may. */
void client_limit(http *h, double seconds);
/* Whether curl asks from time to time if it should go on. */
void client_watch(http *h, bool wanted);

#endif
