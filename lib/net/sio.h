/* sio.h - Zou's socket, as a doorbell: Socket.IO 5 on Engine.IO 4, by long
 * polling, which every proxy lets through.
 *
 * The protocol is that of socketio.github.io/engine.io-protocol (EIO=4) and
 * socket.io-protocol (5); Zou's namespace is /events (zou/event_stream.py).
 * What arrives is told and forgotten. Nothing that a server sends does more
 * harm than closing the connection, which is opened again after 0.5 to 30
 * seconds, longer each time until one has held. */
#ifndef OPKITSU_NET_SIO_H
#define OPKITSU_NET_SIO_H

#include "json/json.h"

#include <stdbool.h>

typedef struct sio sio;

typedef enum sio_event {
    SIO_JOINED,  /* messages come from now on */
    SIO_MESSAGE, /* `text` is its name, `data` what came with it, or NULL; both until the
                    callback returns */
    SIO_PING,    /* nothing happened for a while (Zou: 25 s), and the connection is well */
    SIO_LOST,    /* of these three `text` is a sentence that says why: it broke, */
    SIO_DENIED,  /* it does not take the token, */
    SIO_REFUSED  /* there is no such socket, which is asked for again in a minute */
} sio_event;

/* Must not call any function of net/sio.h. */
typedef void sio_fn(void *context, sio_event event, const char *text, const json *data);

/* `server` is the API's address: https://h/kitsu/api has its socket at
 * https://h/kitsu/socket.io. Nothing is sent yet. The caller owns it. */
sio *sio_new(const char *server, sio_fn *fn, void *context);
void sio_free(sio *s); /* takes NULL */

/* Whether it has been closed for long enough: then call sio_open. */
bool sio_is_due(const sio *s);
/* Seconds until that; 0: it is due; -1: it is open, or being opened. */
double sio_due_in(const sio *s);
/* Begin to open it. `token` is borrowed for the call. */
void sio_open(sio *s, const char *token);
/* Whether messages come. */
bool sio_is_joined(const sio *s);

/* Carry on until something has come, `fd` has hung up, or `seconds` are over. */
void sio_wait(sio *s, int fd, double seconds);

#endif
