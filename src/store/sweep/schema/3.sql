-- What is looked for from the other end: the manifests that an image is behind, and the tags that point at a manifest.
CREATE INDEX roots_by_image ON roots (image);
CREATE INDEX tags_by_root ON tags (root);
