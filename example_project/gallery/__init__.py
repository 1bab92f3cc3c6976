"""The gallery: photos and panoramas, and the pages that show, take, replace and delete them."""
