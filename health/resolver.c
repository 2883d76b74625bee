#include "health/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

struct question {
    STAILQ_ENTRY(question) behind;
    char host[RESOLVER_HOST];
    struct resolver_answer answer;
};

STAILQ_HEAD(questions, question);

/* Held by the opener and by the thread: the last to go frees it. */
struct resolver {
    void (*ready)(void *context);
    void *context;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t news;
    struct questions asked, answered;
    unsigned count; /* of both */
    bool closed;
};

static void questions_free(struct questions *questions)
{
    struct question *question;
    while ((question = STAILQ_FIRST(questions)) != NULL) {
        STAILQ_REMOVE_HEAD(questions, behind);
        free(question);
    }
}

static void resolver_free(struct resolver *resolver)
{
    questions_free(&resolver->asked);
    questions_free(&resolver->answered);
    pthread_cond_destroy(&resolver->news);
    pthread_mutex_destroy(&resolver->lock);
    free(resolver);
}

/* ---- the thread ---- */

static void resolve(struct question *question)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct resolver_answer *answer = &question->answer;
    struct addrinfo *found = NULL;
    int error = getaddrinfo(question->host, NULL, &hints, &found);
    /* A host without any configured address has loopback still: AI_ADDRCONFIG leaves that out. */
    if (error == EAI_NONAME || error == EAI_ADDRFAMILY) {
        const struct addrinfo any = { .ai_socktype = SOCK_STREAM };
        error = getaddrinfo(question->host, NULL, &any, &found);
    }
    if (error != 0)
        snprintf(answer->reason, sizeof answer->reason, "'%.40s' is not resolved: %s",
                 question->host, gai_strerror(error));
    else if (!address_from_sockaddr(found->ai_addr, &answer->address))
        snprintf(answer->reason, sizeof answer->reason, "'%.40s' has no IP address",
                 question->host);
    if (error == 0)
        freeaddrinfo(found);
}

static void *run(void *context)
{
    struct resolver *resolver = context;
    pthread_mutex_lock(&resolver->lock);
    while (!resolver->closed) {
        struct question *question = STAILQ_FIRST(&resolver->asked);
        if (question == NULL) {
            pthread_cond_wait(&resolver->news, &resolver->lock);
            continue;
        }
        STAILQ_REMOVE_HEAD(&resolver->asked, behind);
        pthread_mutex_unlock(&resolver->lock);
        resolve(question);
        pthread_mutex_lock(&resolver->lock);
        STAILQ_INSERT_TAIL(&resolver->answered, question, behind);
        /* Under the lock: who closes may take `context` away right after. */
        if (!resolver->closed)
            resolver->ready(resolver->context);
    }
    pthread_mutex_unlock(&resolver->lock);
    resolver_free(resolver);
    return NULL;
}

/* Signals belong to the main thread. Nobody waits for the thread's end. */
static bool thread_start(struct resolver *resolver)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&thread, NULL, run, resolver);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        return false;
    pthread_setname_np(thread, "resolver");
    pthread_detach(thread);
    return true;
}

/* ---- from outside ---- */

struct resolver *resolver_open(void (*ready)(void *context), void *context)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL)
        return NULL;
    resolver->ready = ready;
    resolver->context = context;
    STAILQ_INIT(&resolver->asked);
    STAILQ_INIT(&resolver->answered);
    pthread_mutex_init(&resolver->lock, NULL);
    pthread_cond_init(&resolver->news, NULL);
    if (thread_start(resolver))
        return resolver;
    resolver_free(resolver);
    return NULL;
}

void resolver_close(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    pthread_mutex_lock(&resolver->lock);
    resolver->closed = true;
    pthread_cond_signal(&resolver->news);
    pthread_mutex_unlock(&resolver->lock);
}

bool resolver_ask(struct resolver *resolver, const char *host, uint64_t ticket)
{
    struct question *question = strlen(host) < RESOLVER_HOST ? calloc(1, sizeof *question) : NULL;
    if (question == NULL)
        return false;
    memcpy(question->host, host, strlen(host) + 1);
    question->answer.ticket = ticket;

    pthread_mutex_lock(&resolver->lock);
    const bool taken = resolver->count < RESOLVER_LINE;
    if (taken) {
        STAILQ_INSERT_TAIL(&resolver->asked, question, behind);
        resolver->count++;
        pthread_cond_signal(&resolver->news);
    }
    pthread_mutex_unlock(&resolver->lock);
    if (!taken)
        free(question);
    return taken;
}

bool resolver_take(struct resolver *resolver, struct resolver_answer *out)
{
    pthread_mutex_lock(&resolver->lock);
    struct question *question = STAILQ_FIRST(&resolver->answered);
    if (question != NULL) {
        STAILQ_REMOVE_HEAD(&resolver->answered, behind);
        resolver->count--;
    }
    pthread_mutex_unlock(&resolver->lock);
    if (question == NULL)
        return false;
    *out = question->answer;
    free(question);
    return true;
}
