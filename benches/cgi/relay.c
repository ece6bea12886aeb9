/* The least that a relay can do: its environment as an SCGI request to a server on a unix socket, which is compiled in
 * (-DSOCKET='"/path"'), the body after it, and the answer to stdout. It looks for nothing, starts nothing and checks
 * nothing. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static char head[256 * 1024], buffer[64 * 1024];

static void write_all(int to, const char *bytes, size_t length)
{
    while (length) {
        ssize_t count = write(to, bytes, length);

        if (count < 0)
            err(1, "write");
        bytes += count;
        length -= count;
    }
}

/* Appends NAME NUL VALUE NUL. */
static char *pair(char *to, const char *name, size_t length, const char *value)
{
    size_t room = length + strlen(value) + 2;

    if (to + room > head + sizeof head)
        errx(1, "too large an environment");
    memcpy(to, name, length);
    to[length] = 0;
    strcpy(to + length + 1, value);
    return to + room;
}

int main(void)
{
    const char *length = getenv("CONTENT_LENGTH");
    char *begin = head + 16, *end = begin, number[16];
    struct sockaddr_un address = {AF_UNIX, SOCKET};
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), digits;
    long body = length ? atol(length) : 0;
    ssize_t count;

    end = pair(end, "CONTENT_LENGTH", 14, length && *length ? length : "0");
    end = pair(end, "SCGI", 4, "1");
    for (char **variable = environ; *variable; variable++) {
        const char *equals = strchr(*variable, '=');

        if (equals && strncmp(*variable, "CONTENT_LENGTH=", 15))
            end = pair(end, *variable, equals - *variable, equals + 1);
    }
    digits = sprintf(number, "%zd:", end - begin);
    memcpy(begin - digits, number, digits);
    *end++ = ',';
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address))
        err(1, SOCKET);
    write_all(server, begin - digits, end - begin + digits);
    for (; body > 0 && (count = read(0, buffer, sizeof buffer)) > 0; body -= count)
        write_all(server, buffer, count);
    while ((count = read(server, buffer, sizeof buffer)) > 0)
        write_all(1, buffer, count);
    return count < 0;
}
