@TREASURE@/secret.txt
