"""Clients that ask all the time, while something happens to what they ask."""

import os
import threading


class Load:
    """`begin` is called by each client's thread, and gives a context whose value asks once."""

    def __init__(self, begin, clients: int = 4):
        self.answers, self.over = [], False
        self.threads = [threading.Thread(target=self.work, args=(begin,)) for _ in range(clients)]

    def work(self, begin) -> None:
        with begin() as ask:
            while not self.over:
                self.answers.append(ask())

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.over = True
        for thread in self.threads:
            thread.join()


def write(path, text: str, mode: int = 0o755) -> None:
    """Writes a file as an editor does: it is never seen half written."""
    fresh = path.with_suffix(".fresh")
    fresh.write_text(text)
    fresh.chmod(mode)
    os.replace(fresh, path)
