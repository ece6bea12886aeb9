"""Mixed load on one `janua serve` for as long as one likes, with faults; every request is accounted for."""
