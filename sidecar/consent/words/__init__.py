"""What records say, in sentences for the people whom they are about."""
