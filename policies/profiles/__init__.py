"""What is known of families of vision-language models, as data: one TOML file a family."""
