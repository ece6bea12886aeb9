/* The least that a CGI program can do: what Apache takes for it is the price of starting any process. */

#include <unistd.h>

int main(void)
{
    static const char answer[] =
        "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello world\n";

    return write(1, answer, sizeof answer - 1) != sizeof answer - 1;
}
