#!/usr/local/bin/janua
"""Runs /srv/app/app.py where the web server starts the process itself.

janua sees by itself whether it was started for FastCGI (mod_fcgid, lighttpd's bin-path) or for one
CGI request, so the same file serves as app.fcgi, index.fcgi and cgi-bin/app.cgi. chmod +x is needed.
"""

import sys

sys.path.insert(0, "/srv/app")  # this file usually lies elsewhere, in a folder of the web server

from app import application  # noqa: E402  (janua looks for this name)
