"""Pure plotly figures and map payloads: frames in, drawings out."""
