"""What an office does without being asked: due work, claimed in batches and handed to its handlers."""
