//! What a redacted value was.

/// What a redacted value was. Its word is part of the token that stands in the place of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The value of something that is called a password.
    Password,
    /// The value of something that is called a secret.
    Secret,
    /// The value of something that is called a token, or a token that is known by its shape.
    Token,
    /// The value of something that is called a key.
    Key,
    /// The value of something that is called credentials.
    Credential,
    /// The id of an access key of AWS.
    AwsAccessKeyId,
    /// A secret access key of AWS.
    AwsSecretKey,
    /// A key or token of Google.
    GoogleKey,
    /// A private key as a PEM block.
    PrivateKey,
    /// A key of a storage account, or a secret of a client, of Azure.
    AzureKey,
    /// The signature of a shared access signature of Azure.
    AzureSignature,
    /// A JSON Web Token.
    Jwt,
    /// What follows `Bearer` or `Basic`, and user and password in a URL.
    Authorization,
    /// Base64 of a text that holds a secret.
    Encoded,
    /// The number of an account.
    Account,
    /// A bucket or container.
    Bucket,
    /// A host.
    Host,
    /// An address of the Internet Protocol.
    Address,
    /// An e-mail address.
    Email,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 19] = [
        Self::Password,
        Self::Secret,
        Self::Token,
        Self::Key,
        Self::Credential,
        Self::AwsAccessKeyId,
        Self::AwsSecretKey,
        Self::GoogleKey,
        Self::PrivateKey,
        Self::AzureKey,
        Self::AzureSignature,
        Self::Jwt,
        Self::Authorization,
        Self::Encoded,
        Self::Account,
        Self::Bucket,
        Self::Host,
        Self::Address,
        Self::Email,
    ];

    /// The word in a token, `aws-secret-key`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Secret => "secret",
            Self::Token => "token",
            Self::Key => "key",
            Self::Credential => "credential",
            Self::AwsAccessKeyId => "aws-access-key-id",
            Self::AwsSecretKey => "aws-secret-key",
            Self::GoogleKey => "google-key",
            Self::PrivateKey => "private-key",
            Self::AzureKey => "azure-key",
            Self::AzureSignature => "azure-signature",
            Self::Jwt => "jwt",
            Self::Authorization => "authorization",
            Self::Encoded => "encoded",
            Self::Account => "account",
            Self::Bucket => "bucket",
            Self::Host => "host",
            Self::Address => "address",
            Self::Email => "email",
        }
    }

    /// Whether it says where something is and not how to get in; such values are redacted only on request, and what stands
    /// in their place has their shape.
    pub fn is_place(self) -> bool {
        matches!(
            self,
            Self::Account | Self::Bucket | Self::Host | Self::Address | Self::Email
        )
    }
}
