"""Full-screen views, one file each."""
