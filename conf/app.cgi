#!/usr/local/bin/janua-cgi
# Runs /srv/app/app.py as a CGI script. The app stays loaded between requests, without a service to set up: the first
# request starts a process for it, and after five minutes without one it goes. Needs chmod +x.
#
# A change of the code is seen by the next request: of this file, of modules beside it, and of those in /srv/app.
# janua: cgi_reload = ["script", "/srv/app"]

import sys

sys.path.insert(0, "/srv/app")  # this file usually lies elsewhere, in a folder of the web server

from app import application  # noqa: E402  (janua looks for this name)
