"""What is said to whom: intents written with their cause, channels, delivery, escalation."""
