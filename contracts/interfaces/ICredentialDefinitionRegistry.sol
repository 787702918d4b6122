// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IResourceRegistry} from "./IResourceRegistry.sol";

/// @title ICredentialDefinitionRegistry
/// @notice Immutable AnonCreds credential definitions and revocation registry definitions of issuer DIDs.
/// Domain of signatures: `CredentialDefinitionRegistry`, version `1`, this chain, this contract. Delegate
/// type: `schema`.
interface ICredentialDefinitionRegistry is IResourceRegistry {
    enum DefinitionKind {
        ClaimDef,
        RevRegDef
    }

    /// @notice What is registered; it is immutable.
    struct Registration {
        /// Credential definition or revocation registry definition.
        DefinitionKind kind;
        /// Address of the issuer's DID (the identity, not its present owner).
        address issuer;
        /// ClaimDef: key of an AnonCreds schema in the SchemaRegistry. RevRegDef: key of a ClaimDef here.
        bytes32 parentKey;
        /// Tag part of the id.
        string tag;
        /// The definition's bytes, 1 to 122,880.
        bytes content;
    }

    /// @notice State of one definition; all zero for an unknown key.
    struct Head {
        address issuer;
        /// Block that holds the DefinitionRegistered event.
        uint32 blockNumber;
        /// Time of that block, seconds since 1970 (to the year 2106).
        uint32 timestamp;
        /// Length of the content in bytes.
        uint24 length;
        bool active;
        DefinitionKind kind;
        /// SHA-256 of the content.
        bytes32 digest;
    }

    /// @notice A definition was registered; this event holds its bytes.
    /// @param key Its key.
    /// @param issuer Address of its issuer's DID.
    /// @param parentKey Key of the schema or of the claim definition that it stands on.
    /// @param kind Credential definition or revocation registry definition.
    /// @param tag Tag part of its id.
    /// @param digest SHA-256 of the content.
    /// @param content The definition's bytes.
    event DefinitionRegistered(
        bytes32 indexed key,
        address indexed issuer,
        bytes32 indexed parentKey,
        DefinitionKind kind,
        string tag,
        bytes32 digest,
        bytes content
    );

    /// @notice A definition was deactivated.
    /// @param key Its key.
    /// @param issuer Address of its issuer's DID.
    event DefinitionDeactivated(bytes32 indexed key, address indexed issuer);

    /// @notice The parent of a ClaimDef is no AnonCreds schema, or that of a RevRegDef is no ClaimDef.
    /// @param parentKey Key of the parent.
    error InvalidParentKind(bytes32 parentKey);

    /// @notice A restricted schema does not allow this issuer, or the claim definition has another issuer.
    /// @param parentKey Key of the parent.
    /// @param issuer Address of the DID that wanted to build on it.
    error ParentNotAllowed(bytes32 parentKey, address issuer);

    /// @notice Registers one definition. Its parent must exist, be active and be of the right kind. The
    /// schema of a ClaimDef must allow its issuer; the ClaimDef of a RevRegDef must have the same issuer.
    /// @dev Warning: the content is not parsed, nor compared with the schema; that is for its reader.
    /// @param registration The definition; msg.sender must be authorised by its issuer for `schema`.
    /// @return key `keyOf(kind, issuer, parentKey, tag)`.
    function register(Registration calldata registration) external returns (bytes32 key);

    /// @notice Registers several definitions in order, all or none; a later one may build on an earlier one.
    /// @param registrations The definitions.
    /// @return keys Their keys, in the same order.
    function registerBatch(Registration[] calldata registrations) external returns (bytes32[] memory keys);

    /// @notice `register` by EIP-712 signature, sent by anyone. Type:
    /// `RegisterDefinition(uint8 kind,address issuer,bytes32 parentKey,string tag,bytes content,uint256 nonce,uint256 deadline)`,
    /// nonce = `nonces(signer)`.
    /// @param registration The definition.
    /// @param deadline Last second (since 1970) at which the signature counts.
    /// @param signer Owner or `schema` delegate of `registration.issuer`; an ERC-1271 contract may sign.
    /// @param signature 65 bytes r ‖ s ‖ v, or what the ERC-1271 contract understands.
    /// @return key `keyOf(kind, issuer, parentKey, tag)`.
    function registerSigned(
        Registration calldata registration,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external returns (bytes32 key);

    /// @notice The SchemaRegistry that holds the schemas of the credential definitions.
    /// @return Its address.
    function schemaRegistry() external view returns (address);

    /// @notice State of one definition; all zero for an unknown key.
    /// @param key The definition's key.
    /// @return Its state.
    function head(bytes32 key) external view returns (Head memory);

    /// @notice Key of the definition with this name, registered or not.
    /// @param kind Credential definition or revocation registry definition.
    /// @param issuer Address of the issuer's DID.
    /// @param parentKey Key of the schema or of the claim definition that it stands on.
    /// @param tag Tag part of the id.
    /// @return keccak256(abi.encode(kind, issuer, parentKey, tag)).
    function keyOf(
        DefinitionKind kind,
        address issuer,
        bytes32 parentKey,
        string calldata tag
    ) external pure returns (bytes32);
}
