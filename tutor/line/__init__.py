"""Line mode, the second front end: the same actions as verbs, one short sentence for each."""
