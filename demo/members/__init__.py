"""The members of the fleet, each a module that is run as a process of its own."""
