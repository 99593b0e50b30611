"""What can be read from texts, purely: masking now; classes and twins later."""
