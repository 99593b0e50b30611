"""Pure counting: frames of events or counts in, gap-free frames and comparisons out."""
