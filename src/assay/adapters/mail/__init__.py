"""Ways to send mail: over SMTP, into a folder, into memory."""
