"""What a user set up, between the config entry and the words of the other rooms."""
