/* sio.h - Zou's socket: Socket.IO 5 on Engine.IO 4, by long polling, which every proxy
 * allows.
 *
 * The protocol is that of socketio.github.io/engine.io-protocol (EIO=4) and
 * socket.io-protocol (5); Zou's namespace is /events (zou/event_stream.py). Messages
 * are handed to a callback and not kept. The worst that a server can cause is a closed
 * connection; it is opened again after 0.5 to 30 seconds, longer each time until one
 * has held. */
#ifndef OPKITSU_NET_SIO_H
#define OPKITSU_NET_SIO_H

#include "json/json.h"

#include <stdbool.h>

typedef struct sio sio;

typedef enum sio_event {
    SIO_JOINED,  /* messages come from now on */
    SIO_MESSAGE, /* `text` is its name, `data` what came with it, or NULL; both until the
                    callback returns */
    SIO_PING,    /* nothing happened for a while (Zou: 25 s), and the connection works */
    SIO_LOST,    /* the connection broke; for this and the next two `text` says why */
    SIO_DENIED,  /* the server does not accept the token */
    SIO_REFUSED  /* the server has no such socket; it is asked again in a minute */
} sio_event;

/* Must not call any function of net/sio.h. */
typedef void sio_fn(void *context, sio_event event, const char *text, const json *data);

/* `server` is the API's address: https://h/kitsu/api has its socket at
 * https://h/kitsu/socket.io. Sends nothing yet. The caller owns the result. */
sio *sio_new(const char *server, sio_fn *fn, void *context);
void sio_free(sio *s); /* takes NULL */

/* Whether the connection has been closed for long enough: then call sio_open. */
bool sio_is_due(const sio *s);
/* Seconds until that; 0: now; -1: it is open, or being opened. */
double sio_due_in(const sio *s);
/* Begin to open the connection. `token` is borrowed for the call. */
void sio_open(sio *s, const char *token);
/* Whether messages arrive. */
bool sio_is_joined(const sio *s);

/* Carry on until something has come, `fd` has hung up, or `seconds` are over. */
void sio_wait(sio *s, int fd, double seconds);

#endif
