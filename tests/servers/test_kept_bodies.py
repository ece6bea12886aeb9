"""Bodies and clients of all kinds, and ten thousand requests, through `janua-cgi` behind real servers."""

import hashlib
import http.client
import json
import os
import socket
import threading
import time
from pathlib import Path

from .apps.gated import block
from .kept import memory, until

MEGABYTE = 1 << 20
BLOCKS = 1600
SIZE = BLOCKS * 65536
