/* Asks one URL over and over, checks every byte of every answer, and tells how long they took.
 *
 *     load PORT PATH CONNECTIONS REQUESTS EXPECTED [--body FILE] [--every MICROSECONDS]
 *
 * EXPECTED is a file with the body that every answer must have. Connections are kept open and each has
 * one request on the way; the next follows the answer. With --every (one connection) requests are due at
 * fixed times instead, and the time an answer took is counted from when its request was due. Prints one
 * line: requests failed seconds p50 p99 longest (µs), and what failed first. */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 4096, SECONDS = 60 };

enum state { IN_HEAD, IN_BODY, IN_SIZE, IN_CHUNK, BEHIND_CHUNK, IN_TRAILER, DONE };

struct connection {
    int socket;
    enum state state;
    int closes, failed;
    uint64_t since;           /* nanoseconds: when the request was sent, or was due */
    size_t sent;              /* of the request */
    size_t length;            /* of what stands in `line` */
    size_t left;              /* of the body or chunk */
    size_t got;               /* of the body */
    char line[HEAD + 1];      /* the head, or a line of the chunked encoding, as far as it came */
};

static struct sockaddr_in server;
static char *request, *expected;
static size_t request_length, expected_length, failures;
static char first_failure[200];
static int epoll;

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static char *contents(const char *path, size_t *length)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes;

    if (file < 0 || fstat(file, &status) || !(bytes = malloc(status.st_size + 1)))
        err(1, "%s", path);
    *length = status.st_size;
    if (read(file, bytes, *length) != (ssize_t)*length)
        err(1, "%s", path);
    close(file);
    return bytes;
}

static void failed(struct connection *c, const char *what)
{
    if (!c->failed && failures++ == 0)
        snprintf(first_failure, sizeof first_failure, "%s", what);
    c->failed = c->closes = 1;
    c->state = DONE;
}

static void head(struct connection *c)
{
    char *length = strcasestr(c->line, "\r\ncontent-length:");

    if (strncmp(c->line, "HTTP/1.1 200 ", 13)) {
        char status[32];
        snprintf(status, sizeof status, "status %.3s", c->length > 12 ? c->line + 9 : "none");
        failed(c, status);
    } else if (strcasestr(c->line, "\r\ntransfer-encoding: chunked")) {
        c->state = IN_SIZE;
    } else if (length) {
        c->left = strtoul(length + 17, NULL, 10);
        c->state = c->left ? IN_BODY : DONE;
    } else {
        failed(c, "an answer without a length");
    }
    if (strcasestr(c->line, "\r\nconnection: close"))
        c->closes = 1;
}

static void body(struct connection *c, const char *bytes, size_t length)
{
    if (length > expected_length - c->got || memcmp(expected + c->got, bytes, length))
        failed(c, "a body that differs from the expected one");
    c->got += length;
}

/* Takes what arrived; stops where an answer ends. */
static void take(struct connection *c, const char *bytes, size_t length)
{
    while (length && c->state != DONE) {
        if (c->state == IN_BODY || c->state == IN_CHUNK) {
            size_t part = length < c->left ? length : c->left;

            body(c, bytes, part);
            bytes += part, length -= part, c->left -= part;
            if (!c->left && c->state != DONE)
                c->state = c->state == IN_BODY ? DONE : BEHIND_CHUNK;
            continue;
        }
        if (c->length == HEAD) {
            failed(c, "a head that is too long");
            break;
        }
        c->line[c->length++] = *bytes++, length--;
        c->line[c->length] = 0;
        if (c->line[c->length - 1] != '\n')
            continue;
        if (c->state == IN_HEAD) {
            if (c->length < 4 || memcmp(c->line + c->length - 4, "\r\n\r\n", 4))
                continue;
            head(c);
        } else if (c->state == IN_SIZE) {
            c->left = strtoul(c->line, NULL, 16);
            c->state = c->left ? IN_CHUNK : IN_TRAILER;
        } else if (c->state == BEHIND_CHUNK) {
            c->state = IN_SIZE;
        } else if (c->length == 2) {
            c->state = DONE;
        }
        c->length = 0;
    }
    if (length)
        failed(c, "bytes behind the answer");
    if (c->state == DONE && !c->failed && c->got != expected_length)
        failed(c, "a body that is too short");
}

static void open_connection(struct connection *c)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int one = 1;

    c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Connecting to loopback does not wait; only what follows must not. */
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&server, sizeof server))
        err(1, "connect");
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fcntl(c->socket, F_SETFL, O_NONBLOCK) || epoll_ctl(epoll, EPOLL_CTL_ADD, c->socket, &event))
        err(1, "epoll");
}

static void listen_for(struct connection *c, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = c};

    if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->socket, &event))
        err(1, "epoll");
}

static void send_more(struct connection *c)
{
    int waited = c->sent > 0;

    while (c->sent < request_length) {
        ssize_t sent = write(c->socket, request + c->sent, request_length - c->sent);

        if (sent < 0 && errno == EAGAIN) {
            if (!waited)
                listen_for(c, EPOLLIN | EPOLLOUT);
            return;
        }
        if (sent < 0) /* The answer may be there already, and says more than this. */
            break;
        c->sent += sent;
    }
    if (waited)
        listen_for(c, EPOLLIN);
}

static void start(struct connection *c, uint64_t since)
{
    if (c->closes) {
        close(c->socket);
        open_connection(c);
    }
    c->state = IN_HEAD;
    c->closes = c->failed = 0;
    c->sent = c->length = c->left = c->got = 0;
    c->since = since;
    send_more(c);
}

static void receive(struct connection *c)
{
    static char bytes[256 * 1024];
    ssize_t got = read(c->socket, bytes, sizeof bytes);

    if (got > 0)
        take(c, bytes, got);
    else if (got == 0 || errno != EAGAIN)
        failed(c, got == 0 ? "a connection that was closed early" : strerror(errno));
}

static int by_size(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return left < right ? -1 : left > right;
}

/* The request as it is sent again and again; a GET, or a POST if there is a body. */
static void compose(const char *path, const char *body, size_t body_length)
{
    char length[64] = "";

    if (body)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", body_length);
    if (!(request = malloc(HEAD + body_length)))
        err(1, "malloc");
    request_length = snprintf(request, HEAD, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n%s\r\n",
                              body ? "POST" : "GET", path, length);
    if (request_length >= HEAD)
        errx(2, "%s is too long", path);
    if (body)
        memcpy(request + request_length, body, body_length);
    request_length += body_length;
}

static void sleep_until(uint64_t due)
{
    struct timespec time = {due / 1000000000, due % 1000000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
        ;
}

/* Asks `total` times and fills `took` with nanoseconds; how many answers, good or bad, there were. */
static size_t ask(struct connection *connections, size_t count, size_t total, uint64_t every, uint64_t *took)
{
    size_t begun = 0, ended = 0;
    uint64_t began = now(), due = began;

    for (size_t i = 0; i < count && begun < total; i++, begun++)
        start(&connections[i], began);
    while (ended < total && now() - began < SECONDS * 1000000000ull) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, 1000);

        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;

            if (events[i].events & EPOLLOUT)
                send_more(c);
            if (events[i].events & ~EPOLLOUT)
                receive(c);
            if (c->state != DONE)
                continue;
            took[ended++] = now() - c->since;
            if (c->sent < request_length) /* The rest of a body that nobody waited for. */
                c->closes = 1;
            if (begun == total) { /* It has nothing more to say, not even that it is closed. */
                epoll_ctl(epoll, EPOLL_CTL_DEL, c->socket, NULL);
                continue;
            }
            begun++;
            due += every;
            if (every)
                sleep_until(due);
            start(c, every ? due : now());
        }
    }
    return ended;
}

int main(int argc, char **argv)
{
    size_t count, total, ended, body_length = 0;
    uint64_t every = 0, *took, began;
    struct connection *connections;
    char *body = NULL;
    double seconds;

    if (argc < 6)
        errx(2, "usage: load PORT PATH CONNECTIONS REQUESTS EXPECTED [--body FILE] [--every MICROSECONDS]");
    for (int i = 6; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--body"))
            body = contents(argv[i + 1], &body_length);
        else if (!strcmp(argv[i], "--every"))
            every = strtoul(argv[i + 1], NULL, 10) * 1000;
    }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    count = every ? 1 : strtoul(argv[3], NULL, 10);
    total = strtoul(argv[4], NULL, 10);
    expected = contents(argv[5], &expected_length);
    compose(argv[2], body, body_length);
    connections = calloc(count, sizeof *connections);
    took = calloc(total, sizeof *took);
    if (!count || !total || !connections || !took)
        errx(2, "nothing to ask, or no memory");

    signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < count; i++)
        open_connection(&connections[i]);
    began = now();
    ended = ask(connections, count, total, every, took);
    seconds = (now() - began) / 1e9;

    if (ended < total && failures == 0)
        snprintf(first_failure, sizeof first_failure, "no answer within %d s", SECONDS);
    failures += total - ended;
    qsort(took, ended, sizeof *took, by_size);
    if (!ended)
        took[ended++] = 0;
    printf("%zu %zu %.6f %.1f %.1f %.1f %s\n", total, failures, seconds, took[ended / 2] / 1e3,
           took[ended - 1 - (ended - 1) / 100] / 1e3, took[ended - 1] / 1e3, first_failure);
    return 0;
}
