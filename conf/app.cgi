#!/usr/local/bin/janua-cgi
# Runs /srv/app/app.py as a CGI script. The app stays loaded between requests, without a service to set up: the first
# request starts a process for it, and after five minutes without one it goes. Needs chmod +x.
#
# A change of one of these files is seen by the next request; "script" is this one and the modules beside it.
# janua: cgi_reload = ["script", "/srv/app/app.py"]

import sys

sys.path.insert(0, "/srv/app")  # this file usually lies elsewhere, in a folder of the web server

from app import application  # noqa: E402  (janua looks for this name)
