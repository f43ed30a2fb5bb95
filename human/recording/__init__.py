"""Recording a person: what they do at a desktop becomes the trajectory that an agent would leave."""
