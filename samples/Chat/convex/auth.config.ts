/** Guests are known by tokens of the sample's own issuer: see Identity/Guests.cs. */
export default {
  providers: [
    {
      type: "customJwt",
      issuer: "https://guests.fresnel-chat.example",
      applicationID: "fresnel-chat",
      jwks: process.env.GUESTS_JWKS,
      algorithm: "ES256",
    },
  ],
};
