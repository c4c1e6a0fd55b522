"""A small world to try the service on: photographs from installed packages, a site on loopback, a LAION-like source."""
