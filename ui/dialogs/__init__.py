"""Questions that stand above a page: new case, allocation, cover, errors, closing."""
