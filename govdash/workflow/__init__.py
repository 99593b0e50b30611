"""The loop: alerts that people handle, cases with deadlines, rules, ticks, feedback."""
