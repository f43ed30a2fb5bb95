"""What workflows are measured with: jobs in five applications, and rows unlike the recorded values."""
