"""What an operator sees of a running office: lines of a log and numbers. Neither can hold a secret or anybody's name."""
