"""Load rig, auditor and comparisons: every figure in the documents comes from here."""
