"""Programs that look for inputs that break something; run by hand, for as long as one likes."""
