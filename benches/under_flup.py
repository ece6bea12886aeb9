"""Runs the app under flup6:  python under_flup.py SOCKET"""

import sys

from app import application
from flup.server.fcgi import WSGIServer

if __name__ == "__main__":
    WSGIServer(application, bindAddress=sys.argv[1], umask=0).run()
