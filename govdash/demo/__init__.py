"""The demo city: a fictional place whose events come in as real ones would."""
