"""Vision-language models in this process, through transformers: loaded, asked, their cache kept."""
