"""What pages and documents show: contents and figures of the city, without any screen."""
