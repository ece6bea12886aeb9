/* What the kernel costs: a back end that takes requests off its socket and answers, without parsing
 * more than where a request ends and without an app.
 *
 *     floor scgi SOCKET       accept, read, write, close
 *     floor fastcgi SOCKET    connections stay open; epoll, read, write
 */

#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello world\n"

enum { BEGIN_REQUEST = 1, END_REQUEST = 3, STDIN = 5, STDOUT = 6 }; /* FastCGI 1.0, section 8 */
enum { HEADER = 8, ROOM = 64 * 1024, CONNECTIONS = 4096 };

/* What came of a request that is not whole yet. */
struct pending {
    size_t length;
    unsigned char bytes[ROOM];
};

static int listening(const char *path, int flags)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (strlen(path) >= sizeof address.sun_path)
        errx(1, "%s is too long for a socket", path);
    strcpy(address.sun_path, path);
    umask(0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024))
        err(1, "%s", path);
    return listener;
}

/* Whether the netstring and with it the request, which has no body, is whole. */
static int scgi_is_whole(const char *bytes, size_t length)
{
    size_t digits = strspn(bytes, "0123456789");

    return bytes[digits] == ':' && length >= digits + strtoul(bytes, NULL, 10) + 2;
}

static void scgi(const char *path)
{
    static char request[ROOM];
    int listener = listening(path, 0);

    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        size_t length = 0;
        ssize_t got;

        if (connection < 0)
            err(1, "accept");
        do {
            got = read(connection, request + length, ROOM - 1 - length);
            if (got <= 0)
                break;
            length += got;
            request[length] = 0;
        } while (!scgi_is_whole(request, length));
        if (got > 0 && write(connection, ANSWER, sizeof ANSWER - 1) < 0 && errno != EPIPE)
            err(1, "write");
        close(connection);
    }
}

/* Answers every request that is whole. FastCGI: a request ends with an empty STDIN record. */
static int fastcgi_answer(int connection, struct pending *pending)
{
    static unsigned char answer[] = "\1\6\0\1\0\0\0\0" ANSWER "\1\3\0\1\0\10\0\0\0\0\0\0\0\0\0";
    size_t start = 0;

    answer[5] = sizeof ANSWER - 1;
    while (pending->length - start >= HEADER) {
        const unsigned char *record = pending->bytes + start;
        size_t content = record[4] << 8 | record[5];
        size_t whole = HEADER + content + record[6];

        if (pending->length - start < whole)
            break;
        start += whole;
        /* sizeof counts the NUL that C puts behind the END_REQUEST record. */
        if (record[1] == STDIN && content == 0 && write(connection, answer, sizeof answer) < 0)
            return -1;
    }
    pending->length -= start;
    memmove(pending->bytes, pending->bytes + start, pending->length);
    return 0;
}

static void fastcgi(const char *path)
{
    static struct pending *pending[CONNECTIONS];
    struct epoll_event event = {.events = EPOLLIN}, events[64];
    int listener = listening(path, SOCK_NONBLOCK), epoll = epoll_create1(EPOLL_CLOEXEC);

    event.data.fd = listener;
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event))
        err(1, "epoll");
    for (;;) {
        int ready = epoll_wait(epoll, events, 64, -1);

        for (int i = 0; i < ready; i++) {
            int connection = events[i].data.fd;
            ssize_t got;

            if (connection == listener) {
                connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (connection < 0 || connection >= CONNECTIONS)
                    err(1, "accept");
                event.data.fd = connection;
                if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection, &event))
                    err(1, "epoll");
                if (!pending[connection] && !(pending[connection] = malloc(sizeof **pending)))
                    err(1, "malloc");
                pending[connection]->length = 0;
                continue;
            }
            struct pending *mine = pending[connection];
            got = read(connection, mine->bytes + mine->length, ROOM - mine->length);
            if (got > 0)
                mine->length += got;
            if (got <= 0 || fastcgi_answer(connection, mine))
                close(connection);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "scgi"))
        scgi(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "fastcgi"))
        fastcgi(argv[2]);
    errx(2, "usage: floor scgi|fastcgi SOCKET");
}
