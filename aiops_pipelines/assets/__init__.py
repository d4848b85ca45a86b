"""What is computed: a thin skin that names inputs, calls the domain and shows people the result."""
