"""Prints an RSA key: the private one in PEM, and the bytes of the public one in DER."""

import json

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
public = key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
print(json.dumps({"private": private, "public": " ".join(str(byte) for byte in public)}))
