"""The dashboard: a local page over what is published, made with Streamlit. It computes nothing and writes nothing."""
