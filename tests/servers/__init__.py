"""janua behind real nginx, Apache and lighttpd, with the very files of conf/."""
