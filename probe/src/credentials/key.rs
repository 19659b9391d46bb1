//! The private key of an account.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;

/// Claims with the signature of an RSA key, as a token; else why the key cannot sign, as the end of a sentence.
pub(super) fn signed(header: &Value, claims: &Value, pem: &[u8]) -> Result<String, &'static str> {
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "is no private key in PEM")?;
    let key = any_supported_type(&key).map_err(|_| "is damaged, or of another kind than RSA")?;
    let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]);
    let signer = signer.ok_or("is of another kind than RSA")?;
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = signer.sign(message.as_bytes()).map_err(|_| "signs nothing")?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}
