#ifndef MERIDIAN_SERVER_NOTIFY_H
#define MERIDIAN_SERVER_NOTIFY_H

/*
 * Tells a service manager how we are: the datagram protocol of sd_notify(3),
 * "READY=1" and the like, to the socket that $NOTIFY_SOCKET names (abstract
 * ones too). Without one, and on any failure, nothing happens: the server does
 * not depend on who started it. Thread: main.
 */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
